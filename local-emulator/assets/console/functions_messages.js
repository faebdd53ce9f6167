// The messages of a queue's batch: what each was about, its try, and what became of it.

import { ago } from './ago.js';
import { make, section, table } from './dom.js';
import { about, traced } from './queues_one.js';

/** A section, or nothing where an invocation was no batch from a queue. */
export function messages(name, one) {
  const records = parsed(one.event)?.Records;
  if (!Array.isArray(records) || !records.length || records.some(record => record.eventSource !== 'aws:sqs')) return null;
  const whole = one.result === 'failed';
  const failed = new Set((parsed(one.response)?.batchItemFailures || []).map(failure => failure.itemIdentifier));
  const queue = String(records[0].eventSourceARN || '').split(':').at(-1) || name;
  const left = record => whole || failed.has(record.messageId);
  return section('Its messages', table([
    { title: 'What became of it', of: record => left(record) ? make('a', { href: `#queues/${encodeURIComponent(queue)}`, class: 'down' }, 'not done: see the queue') : make('span', { class: 'up' }, 'done') },
    { title: 'Kind', of: record => make('span', { title: `message ${record.messageId}` }, about(record).kind) },
    { title: 'Key', of: key, wrap: true },
    { title: 'Tenant', of: record => about(record).tenant },
    { title: 'Try', of: record => record.attributes?.ApproximateReceiveCount, number: true },
    { title: 'Trace', of: record => traced(about(record).traceparent) },
    { title: 'Sent', of: record => record.attributes?.SentTimestamp ? ago(Number(record.attributes.SentTimestamp)) : '' },
  ], records, { caption: 'Messages of this batch' }));
}

function key(record) {
  const { kind, key } = about(record);
  return kind === 'document.changed' ? make('a', { href: `#documents/${key}` }, key) : key;
}

const parsed = text => { try { return JSON.parse(text); } catch { return null; } };
