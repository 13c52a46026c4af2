import { relative, utc } from "../format.ts";

interface MomentProps {
  at: Date;
  now: Date;
  /** Both the time and how long ago, rather than the time on demand. */
  exact?: boolean;
}

/** A time, as people say it and as machines read it. */
export const Moment = ({ at, now, exact = false }: MomentProps) => (
  <time datetime={at.toISOString()} title={utc(at)}>
    {exact ? `${utc(at)} (${relative(at, now)})` : relative(at, now)}
  </time>
);
