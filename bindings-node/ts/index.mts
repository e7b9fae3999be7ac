// The same classes for both kinds of modules, so that `instanceof` holds whoever made the object.
export { Client, Response, TidingsError } from './index.js';
export type * from './index.js';
