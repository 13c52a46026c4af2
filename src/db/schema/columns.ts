import { customType, timestamp } from "drizzle-orm/pg-core";

/** Raw bytes: sealed secrets and delivery bodies. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** Every time is stored with its zone. */
export const moment = (name: string) => timestamp(name, { withTimezone: true });
