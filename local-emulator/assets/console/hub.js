// Connections to the realtime node's hubs, by the stock SignalR client.

import { bearer, emulator } from './api.js';

/** Pauses between attempts to come back, in milliseconds; the last one again and again. */
const PAUSES = [0, 1000, 2000, 5000];
const pause = attempt => PAUSES[Math.min(attempt, PAUSES.length - 1)];

let known = null;

/** The node's address, without a slash at its end; null where there is no node. */
export async function node() {
  if (known === null) {
    const answer = await emulator('/_octavo/realtime').catch(error => {
      if (error.status === 404) return { url: null };
      throw error;
    });
    known = answer.url && answer.url.replace(/\/+$/, '');
  }
  return known;
}

/**
 * A connection that is not started yet and comes back by itself, as the present person; null where there is no node.
 * `transport`: `WebSockets`, `ServerSentEvents`, `LongPolling`, or the first that works. `pushed(target, arguments)` is
 * told of everything that the hub sends, also of what no handler is set for.
 */
export async function connection(name, { transport, pushed } = {}) {
  const address = await node();
  if (!address) return null;
  const { HttpTransportType, HubConnectionBuilder, JsonHubProtocol, LogLevel } = await import('/vendor/signalr.js');
  const options = { accessTokenFactory: () => bearer(), withCredentials: false };
  if (transport) options.transport = HttpTransportType[transport];
  const builder = new HubConnectionBuilder().withUrl(`${address}/hubs/${name}`, options)
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => pause(previousRetryCount) })
    .configureLogging(LogLevel.None);
  if (pushed) builder.withHubProtocol(overheard(new JsonHubProtocol(), pushed));
  return builder.build();
}

/** A protocol whose invocations of the client are told. */
function overheard(protocol, pushed) {
  const { name, version, transferFormat } = protocol;
  return {
    name, version, transferFormat,
    writeMessage: message => protocol.writeMessage(message),
    parseMessages: (input, logger) => protocol.parseMessages(input, logger).map(message => {
      if (message.type === 1) pushed(message.target, message.arguments);
      return message;
    }),
  };
}

/**
 * Starts it, again and again until it is connected, and stops it when `stopped` says so. `ready` is called then and after
 * every time that it came back by itself; `state(connected, error)` hears of both.
 */
export async function keep(connection, stopped, { ready, state = () => {} }) {
  const isReady = async () => {
    try {
      await ready();
      state(true);
    } catch (error) {
      state(false, error);
    }
  };
  connection.onreconnecting(error => state(false, error));
  connection.onreconnected(isReady);
  stopped.addEventListener('abort', () => { connection.stop().catch(() => { /* It ends in any case. */ }); });
  const start = async () => {
    for (let attempt = 0; !stopped.aborted; attempt += 1) {
      try {
        await connection.start();
        break;
      } catch (error) {
        if (stopped.aborted) return;
        state(false, error);
        // A restarted emulator that keeps nothing has a new key.
        if (error.statusCode === 401) await bearer(true).catch(() => { /* Said by the next attempt. */ });
        await new Promise(done => setTimeout(done, pause(attempt + 1)));
      }
    }
    if (stopped.aborted) await connection.stop();
    else await isReady();
  };
  // The server said that it must not come back: somebody may be allowed to later.
  connection.onclose(error => {
    if (stopped.aborted) return;
    state(false, error);
    setTimeout(start, pause(PAUSES.length));
  });
  await start();
}

/** What a hub's refusal says, without the client library's words around it. */
export const reason = error => String((error && error.message) || error || '')
  .replace(/^.*?HubException: /, '').replace(/^An unexpected error occurred invoking '[^']*' on the server\.\s*/, '') || 'it failed';
