DROP INDEX "checks_due";--> statement-breakpoint
DROP INDEX "objects_source_state";--> statement-breakpoint
DROP INDEX "objects_due";--> statement-breakpoint
DROP INDEX "versions_seen";--> statement-breakpoint
DROP INDEX "walks_source";--> statement-breakpoint
CREATE INDEX "deliveries_odd" ON "deliveries" USING btree ("outcome","id") WHERE outcome in ('unreadable', 'noted');--> statement-breakpoint
CREATE INDEX "events_odd" ON "events" USING btree ("seen_at","account_id","event_id") WHERE odd is not null;--> statement-breakpoint
CREATE INDEX "objects_lacking" ON "objects" USING btree ("source_id","file_id","version_id") WHERE state in ('pending', 'waiting', 'given_up', 'withdrawn');--> statement-breakpoint
CREATE INDEX "objects_misfit" ON "objects" USING btree ("source_id","id") WHERE misfit is not null;--> statement-breakpoint
CREATE INDEX "checks_due" ON "checks" USING btree ("account_id","due_at","id") WHERE state = 'due';--> statement-breakpoint
CREATE INDEX "objects_source_state" ON "objects" USING btree ("source_id","state","id");--> statement-breakpoint
CREATE INDEX "objects_due" ON "objects" USING btree ("source_id","due_at","id") WHERE state in ('pending', 'waiting');--> statement-breakpoint
CREATE INDEX "versions_seen" ON "versions" USING btree ("seen_at","webhook_at","created_at");--> statement-breakpoint
CREATE INDEX "walks_source" ON "walks" USING btree ("source_id","kind","id");