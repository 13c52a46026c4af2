import { startGcs } from "../../../sandbox/gcs/start.ts";

/** A sandbox in a process of its own, so that a test can kill it: `child.ts ROOT STATE BUCKET`. */
const [root = "", state = "", bucket = ""] = process.argv.slice(2);
const gcs = await startGcs({ root, state, buckets: [bucket] });
process.stdout.write(`${gcs.url}\n`);
