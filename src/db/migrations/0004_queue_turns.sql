ALTER TABLE "walks" ADD COLUMN "turn" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "walks" DROP COLUMN "level";