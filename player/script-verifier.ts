/*
 * Ed25519 in script, for pages without a secure context and for browsers that do not know it yet. It is an eighth of the
 * player and most pages never need it, so the build keeps it in a file of its own, puts this module in the place of
 * @noble/ed25519, and it is loaded at the first use.
 */

type ScriptVerifier = {
  verify(signature: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array): Promise<boolean>;
};

/** Where the file stands, seen from the embed script; put in by the build. */
declare const SCRIPT_VERIFIER_FILE: string;

const RETRY_MS = 2_000;
let scriptUrl: string | undefined;
let loading: Promise<ScriptVerifier> | undefined;

/** Told once by the script's entry: a module knows its own address, a classic script only while it runs first. */
export function setScriptUrl(url: string | undefined): void {
  scriptUrl = url;
}

/** Rejects where the file cannot be loaded; asked again, it tries again. */
export function loadScriptVerifier(): Promise<ScriptVerifier> {
  loading ??= import(/* @vite-ignore */ new URL(SCRIPT_VERIFIER_FILE, scriptUrl ?? document.baseURI).href).catch(
    (thrown: unknown) => {
      loading = undefined;
      throw thrown;
    },
  );
  return loading as Promise<ScriptVerifier>;
}

/** The face of noble's `verify`, with an answer that may take its time: a file that does not come is never a "no". */
export async function verify(...checked: Parameters<ScriptVerifier['verify']>): Promise<boolean> {
  for (;;) {
    const verifier = await loadScriptVerifier().catch(() => undefined);
    if (verifier !== undefined) return verifier.verify(...checked);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Noble's settings, which the file makes itself. */
export const hashes: Record<string, unknown> = {};
export const sha512 = undefined;
