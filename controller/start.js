/** Where a controller begins: `node controller/start.js management|site`. */
import '../start.js';

await import('./main.ts');
