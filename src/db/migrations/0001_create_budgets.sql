CREATE TABLE "budgets" (
	"box_user_id" text PRIMARY KEY NOT NULL,
	"calls_per_minute" integer,
	"calls_per_month" integer,
	"next_at" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	"paused_until" timestamp with time zone,
	"share" double precision DEFAULT 1 NOT NULL,
	"throttled_at" timestamp with time zone,
	"minute" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	"used_in_minute" integer DEFAULT 0 NOT NULL,
	"month" date DEFAULT '-infinity' NOT NULL,
	"used_in_month" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "budgets_minute" CHECK ("budgets"."calls_per_minute" >= 60),
	CONSTRAINT "budgets_month" CHECK ("budgets"."calls_per_month" >= 0)
);
