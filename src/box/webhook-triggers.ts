/**
 * What a source's folder webhook asks Box to announce: whatever can put a file, a version or a name
 * into the folder or below it (https://developer.box.com/guides/webhooks/triggers/). Box deletes
 * nothing from the lake, so trash and deletion are not asked for; promoting an old version has no
 * trigger at all and is seen in the event streams.
 */
export const WEBHOOK_TRIGGERS = [
  "FILE.UPLOADED",
  "FILE.RENAMED",
  "FILE.COPIED",
  "FILE.MOVED",
  "FILE.RESTORED",
  "FOLDER.CREATED",
  "FOLDER.RENAMED",
  "FOLDER.COPIED",
  "FOLDER.MOVED",
  "FOLDER.RESTORED",
] as const;

export type WebhookTrigger = (typeof WEBHOOK_TRIGGERS)[number];

/** True for one that our webhooks ask for; Box has more. */
export function isWebhookTrigger(trigger: string): trigger is WebhookTrigger {
  return WEBHOOK_TRIGGERS.some((known) => known === trigger);
}
