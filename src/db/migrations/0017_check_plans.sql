-- A connection of ours plans every statement anew (db/open.ts), and PostgreSQL checks each reference of each new row
-- by a statement of its own: planning those took ten times as long as running them, and a sixth of all that recording a
-- change costs. They look up one key and never want another plan, so theirs are kept while rows come into these tables;
-- the statement itself was planned before, and the next one is planned anew.
CREATE FUNCTION keep_check_plans() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  -- An assignment of one expression, unlike a statement, costs no plan itself.
  mode text := set_config('plan_cache_mode', CASE TG_WHEN WHEN 'BEFORE' THEN 'auto' ELSE 'force_custom_plan' END, true);
BEGIN
  RETURN NULL;
END $$;
--> statement-breakpoint
DO $$
DECLARE
  filled text;
BEGIN
  FOREACH filled IN ARRAY ARRAY['checks', 'deliveries', 'events', 'files', 'folders', 'objects', 'walk_folders'] LOOP
    EXECUTE format('CREATE TRIGGER checks_begin BEFORE INSERT ON %I FOR EACH STATEMENT EXECUTE FUNCTION keep_check_plans()', filled);
    EXECUTE format('CREATE TRIGGER checks_end AFTER INSERT ON %I FOR EACH STATEMENT EXECUTE FUNCTION keep_check_plans()', filled);
  END LOOP;
END $$;
