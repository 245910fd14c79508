import type { ModelSource, Quantization } from '../../models/load/load-options.ts';
import type { ChosenSettings } from './chosen-settings.ts';
import { h } from './dom.ts';
import { ModelPicker } from './model-picker.ts';
import { SettingsPanel } from './settings-panel.ts';
import sheet from './styles/sheet.css?inline';

export interface Dialogs {
  readonly picker: ModelPicker;
  readonly settings: SettingsPanel;
}

/** Puts the dialogs into the shell. A script of its own: most visitors read and write, and never open one. */
export function addDialogs(shell: HTMLElement, settings: ChosenSettings, onPick: (source: ModelSource, quantize: Quantization) => void): Dialogs {
  const dialogs = { picker: new ModelPicker(onPick), settings: new SettingsPanel(settings) };
  shell.append(h('style', {}, sheet), dialogs.picker.dialog, dialogs.settings.dialog);
  return dialogs;
}
