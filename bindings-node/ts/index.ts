/**
 * A client for the Sinch Conversation API: SMS, WhatsApp, RCS and ten more channels.
 *
 * @module
 */

export { Client } from './client.js';
export type { CallOptions, ClientOptions, CallParameters } from './client.js';
export { TidingsError } from './errors.js';
export type { ErrorKind, Evidence, Phase } from './errors.js';
export type { RetryListener, UnknownListener } from './events.js';
export { Response } from './response.js';
export type { Statistics } from './statistics.js';
export type { Token, TokenProvider } from './token.js';
