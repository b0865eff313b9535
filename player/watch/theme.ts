const STORED = 'swarmtube-theme';

/** Dark or light after the system, until the viewer chooses; remembered where the browser lets us. */
export function followTheme(button: HTMLElement, onChange: () => void): void {
  const system = matchMedia('(prefers-color-scheme: light)');
  const apply = (): void => {
    document.documentElement.dataset.theme = stored() ?? (system.matches ? 'light' : 'dark');
    onChange();
  };
  system.addEventListener('change', apply);
  button.addEventListener('click', () => {
    const next = document.documentElement.dataset.theme === 'light' ? 'dark' : 'light';
    try {
      localStorage.setItem(STORED, next);
    } catch {
      document.documentElement.dataset.theme = next; // No storage: for this visit only.
      onChange();
      return;
    }
    apply();
  });
  apply();
}

function stored(): string | undefined {
  try {
    const value = localStorage.getItem(STORED);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    return undefined;
  }
}
