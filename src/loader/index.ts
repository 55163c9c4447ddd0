/** The only binding to libbpf: objects, programs, maps, ring buffers, attachment; and what a verifier log says. */
export { errno, LoaderError } from "./errors.js";
export {
  openObject,
  openObjectFile,
  BpfObject,
  type LoadResult,
  type MapSpec,
  type OpenOptions,
  type Rejected,
} from "./object.js";
export { LoadedObject, programInfo, type LoadedProgram } from "./loaded.js";
export { BpfMap, mapType, openPinnedMap, possibleCpus, type PinnedMap } from "./maps.js";
export {
  openPinnedLink,
  openPinnedProgram,
  pin,
  pinText,
  readPinnedText,
  type PinnedLink,
} from "./pinned.js";
export { openRingBuffer, type RingBufferReader } from "./ring-buffer.js";
export { testRun, runOnce, TestRunner, xdpContext } from "./test-run.js";
export { closeLinks, type AttachRequest, type Device, type Link, type XdpMode } from "./attach/link.js";
export { attachPrograms, hookAttachment } from "./attach/hooks.js";
export { attachedXdp, attachXdp, interfaceIndex } from "./attach/xdp.js";
export { kernelSymbols, type FindSymbol } from "./kernel-symbols.js";
export { functionsOfFiles, processSymbols } from "./process-symbols.js";
export { userFunctions } from "./user-symbols.js";
export { enterNetworkNamespace, networkNamespaces } from "./netns.js";
export { onOneCpu } from "./cpu.js";
export { probeBpf } from "./probe.js";
export { parseMetadata, readMetadata } from "./metadata.js";
export { findSection, readElf, type ElfObject } from "./elf.js";
export { instructionCounts, stackUse } from "./instructions.js";
export { parseRejection, parseStatistics } from "./verifier-log.js";
