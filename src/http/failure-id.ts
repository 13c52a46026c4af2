/** `<kind>:<row>`, as `listFailures` names a failure; other text would make PostgreSQL raise. */
export const FAILURE_ID =
  /^((store_version|lost_version|sync_file|walk_folder):\d{1,18}|(reconcile|keep_webhooks):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
