CREATE TABLE "accounts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"auth_kind" text NOT NULL,
	"credentials" "bytea",
	"signature_keys" "bytea",
	"stream" text NOT NULL,
	"box_user_id" text NOT NULL,
	"box_login" text,
	"box_enterprise_id" text,
	"state" text DEFAULT 'linked' NOT NULL,
	"reason" text,
	"state_since" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "accounts_state" CHECK ("accounts"."state" in ('linked', 'needs_relogin', 'deleted'))
);
--> statement-breakpoint
CREATE TABLE "checks" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "checks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" uuid NOT NULL,
	"file_id" text NOT NULL,
	"reason" text NOT NULL,
	"door" text NOT NULL,
	"asked" integer DEFAULT 1 NOT NULL,
	"state" text DEFAULT 'due' NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"failure_reason" text,
	"hint" text,
	"failed_at" timestamp with time zone,
	"leased_by" uuid,
	"lease" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "checks_file" UNIQUE("account_id","file_id"),
	CONSTRAINT "checks_state" CHECK ("checks"."state" in ('due', 'given_up'))
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "deliveries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" uuid NOT NULL,
	"webhook_id" text NOT NULL,
	"event_id" text NOT NULL,
	"delivery_id" text,
	"trigger" text,
	"outcome" text NOT NULL,
	"note" text,
	"body" "bytea" NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "deliveries_event" UNIQUE("account_id","webhook_id","event_id"),
	CONSTRAINT "deliveries_outcome" CHECK ("deliveries"."outcome" in ('recorded', 'ignored', 'noted', 'unreadable'))
);
--> statement-breakpoint
CREATE TABLE "events" (
	"account_id" uuid NOT NULL,
	"event_id" text NOT NULL,
	"stream" text NOT NULL,
	"event_type" text,
	"odd" text,
	"raw" jsonb,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "events_account_id_event_id_pk" PRIMARY KEY("account_id","event_id")
);
--> statement-breakpoint
CREATE TABLE "files" (
	"account_id" uuid NOT NULL,
	"file_id" text NOT NULL,
	"name" text NOT NULL,
	"parent_id" text,
	"as_of" timestamp with time zone NOT NULL,
	CONSTRAINT "files_account_id_file_id_pk" PRIMARY KEY("account_id","file_id")
);
--> statement-breakpoint
CREATE TABLE "folders" (
	"account_id" uuid NOT NULL,
	"folder_id" text NOT NULL,
	"name" text NOT NULL,
	"parent_id" text,
	"as_of" timestamp with time zone NOT NULL,
	CONSTRAINT "folders_account_id_folder_id_pk" PRIMARY KEY("account_id","folder_id")
);
--> statement-breakpoint
CREATE TABLE "objects" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "objects_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" uuid NOT NULL,
	"file_id" text NOT NULL,
	"version_id" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"name" text NOT NULL,
	"path" text NOT NULL,
	"door" text NOT NULL,
	"priority" smallint NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"failure_reason" text,
	"hint" text,
	"failed_at" timestamp with time zone,
	"generation" text,
	"crc32c" text,
	"stored_bytes" bigint,
	"stored_at" timestamp with time zone,
	"leased_by" uuid,
	"lease" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "objects_name_unique" UNIQUE("name"),
	CONSTRAINT "objects_identity" UNIQUE("source_id","file_id","version_id"),
	CONSTRAINT "objects_state" CHECK ("objects"."state" in ('pending', 'waiting', 'stored', 'given_up', 'withdrawn')),
	CONSTRAINT "objects_stored" CHECK ("objects"."state" <> 'stored' or ("objects"."generation" is not null and "objects"."stored_bytes" is not null))
);
--> statement-breakpoint
CREATE TABLE "positions" (
	"account_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"position" text NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"failure_reason" text,
	"hint" text,
	"failed_at" timestamp with time zone,
	"leased_by" uuid,
	"lease" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "positions_account_id_stream_pk" PRIMARY KEY("account_id","stream")
);
--> statement-breakpoint
CREATE TABLE "replays" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"selection" jsonb NOT NULL,
	"chosen" integer NOT NULL,
	"replayed" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sources" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"account_id" uuid NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"description" text,
	"folder_id" text NOT NULL,
	"folder_name" text NOT NULL,
	"include" text[] NOT NULL,
	"exclude" text[] NOT NULL,
	"tags" text[] NOT NULL,
	"metadata" jsonb NOT NULL,
	"state" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sources_slug_unique" UNIQUE("slug"),
	CONSTRAINT "sources_state" CHECK ("sources"."state" in ('active', 'paused', 'deleted'))
);
--> statement-breakpoint
CREATE TABLE "versions" (
	"file_id" text NOT NULL,
	"version_id" text NOT NULL,
	"sha1" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"name" text NOT NULL,
	"uploaded_by" jsonb,
	"created_at" timestamp with time zone,
	"content_created_at" timestamp with time zone,
	"content_modified_at" timestamp with time zone,
	"door" text NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"corrections" jsonb,
	CONSTRAINT "versions_file_id_version_id_pk" PRIMARY KEY("file_id","version_id")
);
--> statement-breakpoint
CREATE TABLE "walk_folders" (
	"walk_id" bigint NOT NULL,
	"folder_id" text NOT NULL,
	"marker" text,
	"listed" boolean DEFAULT false NOT NULL,
	CONSTRAINT "walk_folders_walk_id_folder_id_pk" PRIMARY KEY("walk_id","folder_id")
);
--> statement-breakpoint
CREATE TABLE "walks" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "walks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" uuid NOT NULL,
	"source_id" uuid,
	"folder_id" text NOT NULL,
	"recursive" boolean NOT NULL,
	"reason" text NOT NULL,
	"door" text NOT NULL,
	"state" text DEFAULT 'due' NOT NULL,
	"asked" integer DEFAULT 1 NOT NULL,
	"answering" integer DEFAULT 0 NOT NULL,
	"rounds_left" integer DEFAULT 0 NOT NULL,
	"started" boolean DEFAULT false NOT NULL,
	"listed_files" bigint DEFAULT 0 NOT NULL,
	"listed_folders" bigint DEFAULT 0 NOT NULL,
	"matched" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"failure_reason" text,
	"hint" text,
	"failed_at" timestamp with time zone,
	"leased_by" uuid,
	"lease" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "walks_state" CHECK ("walks"."state" in ('due', 'done', 'given_up', 'withdrawn'))
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"account_id" uuid NOT NULL,
	"folder_id" text NOT NULL,
	"box_webhook_id" text,
	"state" text DEFAULT 'wanted' NOT NULL,
	"reason" text,
	"hint" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"checked_at" timestamp with time zone,
	CONSTRAINT "webhooks_folder" UNIQUE("account_id","folder_id"),
	CONSTRAINT "webhooks_state" CHECK ("webhooks"."state" in ('wanted', 'registered', 'polled', 'unwanted'))
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"alive_until" timestamp with time zone NOT NULL,
	"pools" text[] NOT NULL
);
--> statement-breakpoint
ALTER TABLE "checks" ADD CONSTRAINT "checks_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "files" ADD CONSTRAINT "files_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "folders" ADD CONSTRAINT "folders_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "objects" ADD CONSTRAINT "objects_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "objects" ADD CONSTRAINT "objects_file_id_version_id_versions_file_id_version_id_fk" FOREIGN KEY ("file_id","version_id") REFERENCES "public"."versions"("file_id","version_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "positions" ADD CONSTRAINT "positions_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sources" ADD CONSTRAINT "sources_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "walk_folders" ADD CONSTRAINT "walk_folders_walk_id_walks_id_fk" FOREIGN KEY ("walk_id") REFERENCES "public"."walks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "walks" ADD CONSTRAINT "walks_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "walks" ADD CONSTRAINT "walks_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "accounts_name" ON "accounts" USING btree (lower("name")) WHERE state <> 'deleted';--> statement-breakpoint
CREATE INDEX "checks_due" ON "checks" USING btree ("due_at") WHERE state = 'due';--> statement-breakpoint
CREATE INDEX "deliveries_received" ON "deliveries" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "files_parent" ON "files" USING btree ("account_id","parent_id");--> statement-breakpoint
CREATE INDEX "folders_parent" ON "folders" USING btree ("account_id","parent_id");--> statement-breakpoint
CREATE INDEX "objects_source_state" ON "objects" USING btree ("source_id","state");--> statement-breakpoint
CREATE INDEX "objects_file" ON "objects" USING btree ("file_id","version_id");--> statement-breakpoint
CREATE INDEX "objects_due" ON "objects" USING btree ("due_at") WHERE state in ('pending', 'waiting');--> statement-breakpoint
CREATE INDEX "objects_given_up" ON "objects" USING btree ("failed_at") WHERE state = 'given_up';--> statement-breakpoint
CREATE INDEX "objects_leased" ON "objects" USING btree ("leased_by") WHERE leased_by is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "sources_name" ON "sources" USING btree (lower("name")) WHERE state <> 'deleted';--> statement-breakpoint
CREATE INDEX "sources_account" ON "sources" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "walk_folders_open" ON "walk_folders" USING btree ("walk_id") WHERE not listed;--> statement-breakpoint
CREATE UNIQUE INDEX "walks_folder" ON "walks" USING btree ("account_id","folder_id","recursive") WHERE source_id is null and state = 'due';--> statement-breakpoint
CREATE INDEX "walks_due" ON "walks" USING btree ("due_at") WHERE state = 'due';--> statement-breakpoint
CREATE INDEX "walks_source" ON "walks" USING btree ("source_id");