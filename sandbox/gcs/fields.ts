/** A partial response, parsed: names with what is wanted below them; `true` is everything. */
type Mask = Map<string, Mask | true>;

/**
 * `fields=kind,items(name,metadata/key)`: https://cloud.google.com/storage/docs/json_api#partial-response.
 * Without a text the whole resource. Names that are not there are left out without a word.
 */
export function selectFields(resource: unknown, fields: string | undefined): unknown {
  return fields ? select(resource, parse(fields)) : resource;
}

function parse(text: string): Mask {
  const root: Mask = new Map();
  const open: Mask[] = [root];
  let at = root;
  let path: string[] = [];
  const leaf = () => {
    if (path.length > 0) descend(at, path.slice(0, -1)).set(path.at(-1) ?? "", true);
    path = [];
  };
  for (const token of text.match(/[^,()/\s]+|[,()]/g) ?? []) {
    if (token === "(") {
      open.push(at);
      at = descend(at, path);
      path = [];
    } else if (token === ")" || token === ",") {
      leaf();
      if (token === ")") at = open.pop() ?? root;
    } else path.push(token);
  }
  leaf();
  return root;
}

function descend(mask: Mask, path: string[]): Mask {
  for (const name of path) {
    const below = mask.get(name);
    const next: Mask = below instanceof Map ? below : new Map();
    mask.set(name, next);
    mask = next;
  }
  return mask;
}

function select(value: unknown, mask: Mask | true): unknown {
  if (mask === true || mask.has("*")) return value;
  if (Array.isArray(value)) return value.map((entry) => select(entry, mask));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => mask.has(name));
  return Object.fromEntries(kept.map(([name, below]) => [name, select(below, mask.get(name)!)]));
}
