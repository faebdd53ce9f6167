// The Step Functions API, as the present person: AWS JSON 1.0 at one address.

import { api, bearer, identity } from './api.js';

/** What a token that is good no more is answered with. */
const STRANGE = 'UnrecognizedClientException';

/** The role that tasks act under. The API wants one; nothing here looks at it. */
export const ROLE = 'arn:aws:iam::000000000000:role/octavo';

/** Calls an operation, for example `StartExecution`. Fails with a `Refusal` whose `code` is the error's name. */
export async function sfn(operation, input = {}) {
  const call = () => api('/v1/states', {
    method: 'POST', json: input, headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${operation}` },
  });
  try {
    return await call();
  } catch (error) {
    if (error.code !== STRANGE) throw error;
    // A restarted emulator that keeps nothing has a new key.
    await bearer(true);
    return call();
  }
}

/** Every item of a list, page by page, up to `most`. */
export async function listed(operation, key, input = {}, most = 1000) {
  const found = [];
  let nextToken;
  do {
    const page = await sfn(operation, { ...input, ...(nextToken ? { nextToken } : {}) });
    found.push(...page[key]);
    nextToken = page.nextToken;
  } while (nextToken && found.length < most);
  return found;
}

const prefixes = new Map();
/** The ARN of a state machine of the tenant by its name, as the names of the others are made; null where there is none yet. */
export async function machineArn(name) {
  if (!prefixes.has(identity.tenant)) {
    const { stateMachines: [one] } = await sfn('ListStateMachines', { maxResults: 1 });
    if (!one) return null;
    prefixes.set(identity.tenant, one.stateMachineArn.slice(0, -one.name.length));
  }
  return prefixes.get(identity.tenant) + name;
}

/** The last part of an ARN: the name that a person gave. */
export const nameOf = arn => String(arn).split(':').at(-1);
/** The name of an execution's or a version's state machine. */
export const machineOf = arn => String(arn).split(':')[6] || '';

/** Addresses of pages. */
export const pages = {
  machine: name => `#workflows/machine/${encodeURIComponent(name)}`,
  execution: arn => `#workflows/execution/${encodeURIComponent(arn)}`,
  run: arn => `#workflows/run/${encodeURIComponent(arn)}`,
};

/** How a status looks: one of the sheet's colours. */
export const colour = status => ({ SUCCEEDED: 'up', RUNNING: 'starting', PENDING_REDRIVE: 'starting', FAILED: 'down', TIMED_OUT: 'down', ABORTED: 'soft' }[status] || '');

/** Seconds since 1970, or a text of a moment, as a date; null where there is none. */
export const date = value => value === null || value === undefined ? null : new Date(typeof value === 'number' ? value * 1000 : value);
