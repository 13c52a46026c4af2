import { Name } from "./name.tsx";

interface TroubleProps {
  reason: string | null | undefined;
  hint: string | null | undefined;
}

/** Why something stands as it does, and what to do about it; nothing when there is nothing to say. */
export const Trouble = ({ reason, hint }: TroubleProps) =>
  reason || hint ? (
    <p class="trouble">
      {reason && (
        <span class="reason">
          <Name text={withPeriod(reason)} />{" "}
        </span>
      )}
      {hint && <Name text={hint} />}
    </p>
  ) : null;

const withPeriod = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
