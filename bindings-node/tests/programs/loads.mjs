// Loads the package and does nothing with it.

import 'tidings';
import 'tidings/sandbox';

console.log('loaded');
