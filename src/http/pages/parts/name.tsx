/** What a reader cannot see, or what would turn the letters after it around. */
const UNSEEN = /([\p{Cc}\p{Bidi_Control}\u200b\u2028\u2029\u2060\ufeff])/u;

/**
 * A name that a stranger chose. It keeps its own direction and cannot change that of its
 * neighbours; characters that show nothing are shown by their number.
 */
export const Name = ({ text }: { text: string }) => (
  <bdi class="name">
    {text
      .split(UNSEEN)
      .map((piece, index) => (index % 2 === 0 ? piece : <Unseen character={piece} />))}
  </bdi>
);

const Unseen = ({ character }: { character: string }) => (
  <span class="unseen">
    {`U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`}
  </span>
);
