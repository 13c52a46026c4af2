CREATE TABLE "object_tallies" (
	"source_id" uuid NOT NULL,
	"state" text NOT NULL,
	"stored_at" timestamp with time zone,
	"objects" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"misfits" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "object_tallies_source" ON "object_tallies" USING btree ("source_id","state");--> statement-breakpoint
CREATE FUNCTION tally_objects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM object_tallies;
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO object_tallies (source_id, state, stored_at, objects, bytes, misfits)
    SELECT source_id, state, stored_at, count(*), coalesce(sum(stored_bytes) FILTER (WHERE state = 'stored'), 0), count(misfit)
    FROM added GROUP BY source_id, state, stored_at;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO object_tallies (source_id, state, stored_at, objects, bytes, misfits)
    SELECT source_id, state, stored_at, -count(*), -coalesce(sum(stored_bytes) FILTER (WHERE state = 'stored'), 0), -count(misfit)
    FROM taken GROUP BY source_id, state, stored_at;
  ELSE
    INSERT INTO object_tallies (source_id, state, stored_at, objects, bytes, misfits)
    SELECT source_id, state, stored_at, sum(n), coalesce(sum(n * stored_bytes) FILTER (WHERE state = 'stored'), 0),
      coalesce(sum(n) FILTER (WHERE misfit IS NOT NULL), 0)
    FROM (
      SELECT 1 AS n, source_id, state, stored_at, stored_bytes, misfit FROM added
      UNION ALL SELECT -1, source_id, state, stored_at, stored_bytes, misfit FROM taken) AS moved
    GROUP BY source_id, state, stored_at
    HAVING sum(n) <> 0
      OR coalesce(sum(n * stored_bytes) FILTER (WHERE state = 'stored'), 0) <> 0
      OR coalesce(sum(n) FILTER (WHERE misfit IS NOT NULL), 0) <> 0;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER tally_inserted AFTER INSERT ON "objects"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tally_objects();
--> statement-breakpoint
CREATE TRIGGER tally_updated AFTER UPDATE ON "objects"
  REFERENCING OLD TABLE AS taken NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tally_objects();
--> statement-breakpoint
CREATE TRIGGER tally_deleted AFTER DELETE ON "objects"
  REFERENCING OLD TABLE AS taken FOR EACH STATEMENT EXECUTE FUNCTION tally_objects();
--> statement-breakpoint
CREATE TRIGGER tally_truncated AFTER TRUNCATE ON "objects"
  FOR EACH STATEMENT EXECUTE FUNCTION tally_objects();
--> statement-breakpoint
INSERT INTO object_tallies (source_id, state, stored_at, objects, bytes, misfits)
SELECT source_id, state, max(stored_at), count(*), coalesce(sum(stored_bytes) FILTER (WHERE state = 'stored'), 0), count(misfit)
FROM objects GROUP BY source_id, state;
