import type { ConfigReader } from '../config/config-reader.ts';

/** The config of the text model, which is a part of a multimodal model's. */
export const textConfig = (outer: ConfigReader): ConfigReader => outer.optionalObject('text_config') ?? outer;
