CREATE INDEX "checks_given_up" ON "checks" USING btree ("failed_at") WHERE state = 'given_up';--> statement-breakpoint
CREATE INDEX "objects_blocked" ON "objects" USING btree ("source_id","failed_at") WHERE state = 'waiting' and failure = 'blocked';--> statement-breakpoint
CREATE INDEX "walks_given_up" ON "walks" USING btree ("failed_at") WHERE state = 'given_up';