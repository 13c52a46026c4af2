import type { Child } from "hono/jsx";

interface FactsProps {
  /** Side by side where there is room, rather than one below the other. */
  compact?: boolean;
  children: Child;
}

/** A list of named facts. */
export const Facts = ({ compact = false, children }: FactsProps) => (
  <dl class={compact ? "facts compact" : "facts"}>{children}</dl>
);

interface FactProps {
  name: string;
  /** Too long to share a line of a compact list. */
  wide?: boolean;
  children: Child;
}

export const Fact = ({ name, wide = false, children }: FactProps) => (
  <div class={wide ? "wide" : undefined}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
