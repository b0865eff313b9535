/*
 * When a viewer's line or battery must not be spent on others: data saver, a mobile network, a battery that runs low.
 */

type NetworkInformation = EventTarget & { readonly saveData?: boolean; readonly type?: string };
type BatteryManager = EventTarget & { readonly charging: boolean; readonly level: number };
type NavigatorWithConditions = Navigator & {
  readonly connection?: NetworkInformation;
  getBattery?(): Promise<BatteryManager>;
};

/** Chromium's own battery saver begins here. */
const LOW_BATTERY_LEVEL = 0.2;

/** Calls back at once and whenever it changes: true while this viewer should only receive. Returns how to stop. */
export function watchConditions(onChange: (isReceiveOnly: boolean) => void): () => void {
  const { connection, getBattery } = navigator as NavigatorWithConditions;
  let battery: BatteryManager | undefined;
  let last: boolean | undefined;
  let isStopped = false;
  const check = (): void => {
    if (isStopped) return;
    const isSaving = connection?.saveData === true || connection?.type === 'cellular';
    const isLow = battery !== undefined && !battery.charging && battery.level <= LOW_BATTERY_LEVEL;
    const isReceiveOnly = isSaving || isLow;
    if (isReceiveOnly === last) return;
    last = isReceiveOnly;
    onChange(isReceiveOnly);
  };
  connection?.addEventListener('change', check);
  getBattery?.call(navigator).then(
    (manager) => {
      if (isStopped) return;
      battery = manager;
      manager.addEventListener('levelchange', check);
      manager.addEventListener('chargingchange', check);
      check();
    },
    () => {}, // A page that may not ask is treated like a desktop.
  );
  check();
  return () => {
    isStopped = true;
    connection?.removeEventListener('change', check);
    battery?.removeEventListener('levelchange', check);
    battery?.removeEventListener('chargingchange', check);
  };
}
