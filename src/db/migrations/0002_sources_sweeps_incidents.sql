CREATE TABLE "incidents" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "incidents_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"account_id" uuid,
	"source_id" uuid,
	"message" text NOT NULL,
	"hint" text,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "metadata_fields" (
	"name" text PRIMARY KEY NOT NULL,
	"description" text,
	"required" boolean NOT NULL,
	"allowed_values" text[],
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "accounts" DROP CONSTRAINT "accounts_state";--> statement-breakpoint
ALTER TABLE "checks" ADD COLUMN "priority" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "files" ADD COLUMN "version_id" text;--> statement-breakpoint
ALTER TABLE "files" ADD COLUMN "history_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "objects" ADD COLUMN "path_fields" jsonb;--> statement-breakpoint
ALTER TABLE "objects" ADD COLUMN "misfit" text;--> statement-breakpoint
ALTER TABLE "objects" ADD COLUMN "swept_by" bigint;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "subfolders" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "min_bytes" bigint;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "max_bytes" bigint;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "max_age_days" integer;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "history" text DEFAULT 'current' NOT NULL;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "path_template" text;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "name_template" text;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "bucket" text;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "prefix" text;--> statement-breakpoint
ALTER TABLE "sources" ADD COLUMN "is_external" boolean;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "webhook_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "events_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "listing_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "lost_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "walks" ADD COLUMN "kind" text;--> statement-breakpoint
UPDATE "walks" SET "kind" = CASE WHEN "source_id" IS NULL THEN 'signal' ELSE 'backfill' END;--> statement-breakpoint
ALTER TABLE "walks" ALTER COLUMN "kind" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "walks" ADD COLUMN "listed_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "walks" ADD COLUMN "matched_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "walks" ADD COLUMN "missing" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "walks" ADD COLUMN "skipped" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "walks" ADD COLUMN "level" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "heard_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "incidents" ADD CONSTRAINT "incidents_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incidents" ADD CONSTRAINT "incidents_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_open" ON "incidents" USING btree ("kind","subject") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "incidents_opened" ON "incidents" USING btree ("opened_at");--> statement-breakpoint
CREATE INDEX "events_seen" ON "events" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "objects_swept" ON "objects" USING btree ("swept_by") WHERE swept_by is not null;--> statement-breakpoint
CREATE INDEX "versions_seen" ON "versions" USING brin ("seen_at");--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_state" CHECK ("accounts"."state" in ('linked', 'needs_relogin', 'paused', 'deleted'));--> statement-breakpoint
ALTER TABLE "sources" ADD CONSTRAINT "sources_history" CHECK ("sources"."history" in ('current', 'all'));--> statement-breakpoint
ALTER TABLE "walks" ADD CONSTRAINT "walks_kind" CHECK ("walks"."kind" in ('signal', 'backfill', 'sweep', 'gap'));--> statement-breakpoint
ALTER TABLE "walks" ADD CONSTRAINT "walks_source_of" CHECK (("walks"."kind" = 'signal') = ("walks"."source_id" is null));