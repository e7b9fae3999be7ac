//! The native half of the npm package.
