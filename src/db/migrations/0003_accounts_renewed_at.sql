ALTER TABLE "accounts" ADD COLUMN "renewed_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
UPDATE "accounts" SET "renewed_at" = "created_at";
