/**
 * What callers give, looked at before it reaches the engine. Not part of the package's surface.
 *
 * Values are never shown in an error, since they may be secrets; only names are. Each is read once: reading may run code of
 * the caller's.
 */

import { isUint8Array } from 'node:util/types';

import type { Pairs } from './native.js';

type Type = 'string' | 'number' | 'boolean' | 'function' | 'PEM' | 'any';

/** The names of options, each with what its value is. */
export type Names<T> = Record<keyof T & string, Type>;

/**
 * The options that are given, in an object that inherits nothing. What is undefined is left out.
 *
 * A plain object counts, and so does an instance of a class with fields or getters. What hangs on `Object.prototype` never
 * does: it is there for every object, and nobody has given it.
 */
export function options<T>(given: unknown, names: Names<T>): T {
  const from = plain('options', given);
  for (const name of Object.keys(from)) {
    if (!Object.hasOwn(names, name)) {
      throw new TypeError(`there is no option ${shown(name)}; there are ${Object.keys(names).join(', ')}`);
    }
  }
  const taken = Object.create(null) as Record<string, unknown>;
  for (const [name, type] of Object.entries<Type>(names)) {
    const value = property(from, name);
    if (value === undefined) continue;
    taken[name] = type === 'any' ? value : type === 'PEM' ? pem(name, value) : typed(name, value, type);
  }
  return taken as T;
}

/** A property of the object, or of its classes. */
export function property(from: object, name: string): unknown {
  for (let holder: object | null = from; holder !== null && !isRoot(holder);) {
    if (Object.hasOwn(holder, name)) return (from as Record<string, unknown>)[name];
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
}

/** Whether it is the `Object.prototype` of any realm. */
function isRoot(holder: object): boolean {
  return (
    holder === Object.prototype ||
    (Object.getPrototypeOf(holder) === null && Object.hasOwn(holder, 'hasOwnProperty'))
  );
}

/** Refuses a value of another type, and text that has no UTF-8 and would arrive as another. */
export function typed(name: string, value: unknown, type: Type): unknown {
  if (typeof value !== type) throw new TypeError(`${name} must be a ${type}`);
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new TypeError(`${name} must be well-formed text: it has half of a surrogate pair`);
  }
  return value;
}

/** Text, or its bytes as they are read from a file. */
function pem(name: string, value: unknown): unknown {
  if (isUint8Array(value)) return value;
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string or a Uint8Array`);
  return typed(name, value, 'string');
}

/** Refuses what is no signal. */
export function signal(given: unknown): asserts given is AbortSignal | undefined {
  if (given !== undefined && !(given instanceof AbortSignal)) {
    throw new TypeError('signal must be an AbortSignal');
  }
}

/** Parameters as names and values in turn: the own ones of an object. */
export function pairs(what: string, given: unknown): Pairs {
  if (given === undefined) return undefined;
  const from = plain(what, given);
  const flat: string[] = [];
  for (const [name, value] of Object.entries(from as Record<string, unknown>)) {
    if (value === undefined) continue;
    if (typeof value !== 'string' && typeof value !== 'boolean' && !isFinite(value)) {
      throw new TypeError(`${what}.${shown(name)} must be a string, a finite number or a boolean`);
    }
    typed(`a name in ${what}`, name, 'string');
    flat.push(name, typed(`${what}.${shown(name)}`, String(value), 'string') as string);
  }
  return flat;
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value);
}

/** The body as JSON text or bytes. What JSON cannot hold is refused, since it would be written as `{}`, or not at all. */
export function json(given: unknown): string | Uint8Array | undefined {
  if (given === undefined || isUint8Array(given)) return given;
  if (typeof given === 'string') return typed('body', given, 'string') as string;
  if (typeof given === 'function' || typeof given === 'symbol' || typeof given === 'bigint') {
    throw noJson(`a ${typeof given}`);
  }
  if (typeof given === 'object' && given !== null) {
    const { then, toJSON } = given as { then?: unknown; toJSON?: unknown };
    if (typeof then === 'function')
      throw new TypeError('body is a promise: await it, and pass what it gives');
    if (typeof toJSON !== 'function' && !WRITTEN.has(tag(given))) throw noJson(`of the kind ${tag(given)}`);
  }
  const text = JSON.stringify(given) as string | undefined;
  if (text === undefined) throw noJson('an object whose toJSON() returns none');
  return text;
}

/** What JSON writes by what is in it, and not as `{}`. */
const WRITTEN = new Set(['Object', 'Array', 'String', 'Number', 'Boolean']);

function noJson(found: string): TypeError {
  return new TypeError(
    `body must be a value that JSON can hold, and this is ${found}: ` +
      'pass a plain object, JSON that is written already as a string, or its bytes as a Uint8Array',
  );
}

/** What the language calls the object: `Object`, `Array`, `Map`, `Promise`, `Blob` and so on. */
function tag(given: object): string {
  return Object.prototype.toString.call(given).slice('[object '.length, -1);
}

/** An object whose own names count. What keeps them elsewhere, such as a `Map`, would look empty. */
function plain(what: string, given: unknown): object {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${what} must be an object`);
  const kind = tag(given);
  if (kind !== 'Object') {
    throw new TypeError(
      `${what} must be a plain object of names and values, and this is of the kind ${kind}; ` +
        'Object.fromEntries() makes one of pairs',
    );
  }
  return given;
}

/** A name as errors show it: what does not look like one may be a value in the wrong place. */
function shown(name: string): string {
  return /^[a-z][a-z0-9_-]*$/i.test(name) ? name : '*';
}
