// The same class for both kinds of modules.
export { Sandbox } from './sandbox.js';
export type * from './sandbox.js';
