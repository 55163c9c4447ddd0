/** The simulator: programs run over packets without root, without libLLVM and without a kernel. */
export {
  eventReader,
  findProgram,
  metadataOf,
  simulatedMaps,
  simulatePackets,
  virtualTime,
  type SimulateOptions,
} from "./test-run.js";
export {
  openSimulation,
  SimulationError,
  type SimulatedRun,
  type SimulatedValue,
  type Simulation,
  type SimulationOptions,
} from "./simulate.js";
export { reproducible, type Reproducible } from "./reproducible.js";
