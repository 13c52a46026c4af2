import { Hono } from "hono";
import type { HttpDeps } from "../deps.ts";
import { DeliveriesPage } from "./deliveries.tsx";
import { DoorsPage } from "./doors.tsx";
import { EventsPage } from "./events.tsx";
import { FailuresPage } from "./failures.tsx";
import { IncidentsPage } from "./incidents.tsx";
import { notFound } from "./not-found.tsx";
import { OverviewPage } from "./overview.tsx";
import { pageQuery } from "./query.ts";
import { readDeliveries } from "./read-deliveries.ts";
import { readDoors } from "./read-doors.ts";
import { readEvents } from "./read-events.ts";
import { readFailures } from "./read-failures.ts";
import { readIncidents } from "./read-incidents.ts";
import { readOverview } from "./read-overview.ts";
import { readVersion } from "./read-version.ts";
import { VersionPage } from "./version.tsx";
import type { Show } from "./view.ts";

/** The pages that only show. Mounted behind the pages' guard. */
export function createRoomRoutes(deps: HttpDeps, show: Show): Hono {
  const app = new Hono();

  app.get("/", async (c) => {
    const origin = deps.publicUrl ?? new URL(c.req.url).origin;
    const body = <OverviewPage {...await readOverview(deps, origin)} />;
    return show(c, { title: "Overview", room: "overview", body });
  });

  app.get("/versions/:objectId{[1-9][0-9]{0,14}}", async (c) => {
    const found = await readVersion(deps, Number(c.req.param("objectId")));
    if (!found) return show(c, notFound("version"), 404);
    const body = <VersionPage {...found} />;
    return show(c, { title: found.version.path, room: "overview", body });
  });

  app.get("/incidents", async (c) => {
    const body = <IncidentsPage {...await readIncidents(deps, pageQuery.parse(c.req.query()))} />;
    return show(c, { title: "Incidents", room: "incidents", body });
  });

  app.get("/failures", async (c) => {
    const body = <FailuresPage {...await readFailures(deps, c.req.query("before"))} />;
    return show(c, { title: "Failures", room: "failures", body });
  });

  app.get("/doors", async (c) => {
    const found = await readDoors(deps, pageQuery.parse(c.req.query()));
    if (!found) return show(c, notFound("source"), 404);
    return show(c, { title: "Doors", room: "doors", body: <DoorsPage {...found} /> });
  });

  app.get("/deliveries", async (c) => {
    const body = <DeliveriesPage {...await readDeliveries(deps, pageQuery.parse(c.req.query()))} />;
    return show(c, { title: "Deliveries", room: "deliveries", body });
  });

  app.get("/events", async (c) => {
    const body = <EventsPage {...await readEvents(deps, c.req.query("before"))} />;
    return show(c, { title: "Events", room: "events", body });
  });
  return app;
}
