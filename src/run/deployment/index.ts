/** Programs that stay attached when the command has ended. */
export { deploy, detachLink, type Deployed, type DeployOptions } from "./deploy.js";
export {
  defaultRoot,
  places,
  readDeployment,
  writeRecord,
  type Deployment,
  type DeploymentRecord,
  type LinkRecord,
} from "./record.js";
export { removeDeployment } from "./remove.js";
export { deploymentMaps, deploymentStatus, type DeploymentStatus, type LinkStatus } from "./status.js";
