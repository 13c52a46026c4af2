CREATE TABLE "losses" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "losses_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" uuid NOT NULL,
	"file_id" text NOT NULL,
	"version_id" text NOT NULL,
	"path" text NOT NULL,
	"size_bytes" bigint,
	"told_at" timestamp with time zone NOT NULL,
	"lost_at" timestamp with time zone DEFAULT now() NOT NULL,
	"wanted" boolean DEFAULT true NOT NULL,
	CONSTRAINT "losses_identity" UNIQUE("source_id","file_id","version_id")
);
--> statement-breakpoint
ALTER TABLE "checks" ADD COLUMN "told" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "losses" ADD CONSTRAINT "losses_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE no action ON UPDATE no action;