import { AsyncLocalStorage } from "node:async_hooks";
import {
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { Attributes, Context } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import about from "../package.json" with { type: "json" };

/** One HTTP exchange with Box or Cloud Storage, when its headers have come or never will. */
export interface TracedCall {
  /** Of Box's calls, as metrics count them. */
  kind?: string;
  account?: string;
  method: string;
  /** Whole: what of it may be told is decided here. */
  url: string;
  /** 0 when there was no answer. */
  status: number;
  ms: number;
  /** Why there was none. */
  failure?: string | undefined;
}

export interface Tracing {
  /** The run as a span; whatever it calls becomes a part of it. Throws what the run throws. */
  job<T extends { outcome: string; failure?: { kind: string } }>(
    task: string,
    ids: unknown,
    run: () => Promise<T>,
  ): Promise<T>;
  /** A call that has just been made. */
  call(call: TracedCall): void;
  /** Sends what is left; waits for the collector for seconds at most. */
  close(): Promise<void>;
}

/**
 * Spans to an OTLP collector, by OpenTelemetry's conventions for HTTP clients
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/) but for `url.full`: queries and
 * content addresses are secrets, and object names are Box's file names. Headers, the
 * service's name and its attributes are those of the standard OTEL_ variables. Spans that cannot be sent
 * are told and lost. This module is imported only where tracing is configured: what it imports would
 * cost every start memory and time.
 */
export function openTracing(url: string, onFault: (why: string) => void): Tracing {
  const ours = { "service.name": "longshore", "service.version": about.version };
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes(ours))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
  });
  const tell = (message: string) => onFault(message.slice(0, 200));
  const ignore = () => undefined;
  diag.setLogger(
    { error: tell, warn: ignore, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
  const tracer = provider.getTracer("longshore", about.version);
  const parents = new AsyncLocalStorage<Context>();

  return {
    async job(task, ids, run) {
      const span = tracer.startSpan(task, {
        attributes: { "longshore.task": task, ...attributesOf(ids) },
      });
      try {
        const ended = await parents.run(trace.setSpan(ROOT_CONTEXT, span), run);
        span.setAttribute("longshore.outcome", ended.outcome);
        if (ended.failure) span.setAttribute("error.type", ended.failure.kind);
        return ended;
      } catch (error) {
        // Its message may hold anything: the log tells it, cleaned.
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
    call(call) {
      const endedAtMs = Date.now();
      const { name, attributes, failed } = readCall(call);
      const span = tracer.startSpan(
        name,
        { kind: SpanKind.CLIENT, startTime: endedAtMs - call.ms, attributes },
        parents.getStore() ?? ROOT_CONTEXT,
      );
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(endedAtMs);
    },
    async close() {
      await provider.shutdown().catch(() => undefined);
      diag.disable();
    },
  };
}

/** A job's payload holds ids alone. */
function attributesOf(ids: unknown): Attributes {
  const found = typeof ids === "object" && ids !== null ? Object.entries(ids) : [];
  return Object.fromEntries(found.map(([name, id]) => [`longshore.${name}`, String(id)]));
}

function readCall({ kind, account, method, url, status, failure }: TracedCall) {
  const { protocol, hostname, port, pathname } = new URL(url);
  // Content hosts write a signature into the path itself.
  const template = kind === "content" ? undefined : templateOf(pathname);
  const failed = status === 0 || status >= 400;
  const attributes: Attributes = {
    "http.request.method": method,
    "server.address": hostname,
    "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
    ...(template === undefined ? {} : { "url.template": template }),
    ...(status === 0 ? {} : { "http.response.status_code": status }),
    ...(failed ? { "error.type": failure ?? String(status) } : {}),
    ...(kind === undefined ? {} : { "longshore.kind": kind }),
    ...(account === undefined ? {} : { "longshore.account": account }),
  };
  return { name: `${method} ${template ?? kind ?? ""}`.trimEnd(), attributes, failed };
}

/** A path without what differs from call to call: Box's ids; Cloud Storage's buckets and objects. */
const templateOf = (pathname: string) =>
  pathname
    .replace(/\/b\/[^/]+/, "/b/{bucket}")
    .replace(/\/o\/.+$/, "/o/{object}")
    .replaceAll(/\/\d+(?=\/|$)/g, "/{id}");
