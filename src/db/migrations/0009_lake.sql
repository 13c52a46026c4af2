CREATE TABLE "lake" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"bucket" text NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lake_is_only" CHECK ("lake"."is_only")
);
