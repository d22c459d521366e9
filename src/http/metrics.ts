import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome } from '../contract/decision.ts';
import type { Tier } from '../contract/evaluation.ts';
import type { Closing } from './connections.ts';

export interface Metrics {
  contentType: string;
  render(): Promise<string>;
  observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
  /** Kinds and clients are left out of the labels: a caller could make up any number of them. */
  countDecision(labels: { outcome: Outcome; tier: Tier }): void;
  /** A connection that the service closed. */
  countClosing(why: Closing): void;
  /** A number that is read at each scrape. */
  addGauge(name: string, help: string, read: () => number): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'countersign_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const decisions = new Counter({
    name: 'countersign_decisions_total',
    help: 'Decisions made and stored',
    labelNames: ['outcome', 'tier'],
    registers: [registry],
  });
  const closings = new Counter({
    name: 'countersign_http_connections_ended_total',
    help: 'Connections that the service closed: pipelined calls, answers that were not read, or too many connections',
    labelNames: ['why'],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    observeRequest: (labels, seconds) => requests.observe(labels, seconds),
    countDecision: ({ outcome, tier }) => decisions.inc({ outcome, tier }),
    countClosing: (why) => closings.inc({ why }),
    addGauge(name, help, read) {
      const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) });
    },
  };
}
