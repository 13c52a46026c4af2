import type { Child } from "hono/jsx";

interface ReplayFormProps {
  failureIds?: readonly string[];
  objectIds?: readonly number[];
  /** Where to return to. */
  back: string;
  children: Child;
  /** What the button is about, for those who meet it without its surroundings. */
  label?: string;
}

/** A button that does recorded work again; it needs no JavaScript. */
export const ReplayForm = (props: ReplayFormProps) => (
  <form method="post" action="/replays">
    {props.failureIds?.map((id) => (
      <input type="hidden" name="failureId" value={id} />
    ))}
    {props.objectIds?.map((id) => (
      <input type="hidden" name="objectId" value={String(id)} />
    ))}
    <input type="hidden" name="back" value={props.back} />
    <button type="submit" aria-label={props.label}>
      {props.children}
    </button>
  </form>
);
