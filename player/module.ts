import { setScriptUrl } from './script-verifier.ts';

export * from './index.ts';

setScriptUrl(import.meta.url);
