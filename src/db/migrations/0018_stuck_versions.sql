ALTER TABLE "incidents" ADD COLUMN "acknowledged_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "incidents_acknowledged" ON "incidents" USING btree ("kind","subject") WHERE acknowledged_at is not null;--> statement-breakpoint
CREATE INDEX "losses_lost" ON "losses" USING btree ("lost_at");--> statement-breakpoint
CREATE INDEX "objects_not_ready" ON "objects" USING btree ("source_id","seen_at") WHERE state = 'waiting' and failure = 'not_ready';