ALTER TABLE "walk_folders" ADD COLUMN "counted" jsonb;--> statement-breakpoint
ALTER TABLE "walk_folders" ADD COLUMN "unseen_at" timestamp with time zone;