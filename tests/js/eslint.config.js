// The viewer's rules, and the names that exist in Node.
import rules from '../../viewer/eslint.config.js';

export default [
  ...rules,
  { files: ['*.mjs'], languageOptions: { globals: { process: 'readonly' } } },
  { languageOptions: { globals: { globalThis: 'readonly', btoa: 'readonly' } } },
];
