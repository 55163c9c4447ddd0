/** Programs that stay attached when the command has ended. */
export { deploy, detachLink } from "./deploy.js";
export { places, writeRecord } from "./record.js";
export { removeDeployment } from "./remove.js";
export { deploymentMaps, deploymentStatus, type DeploymentStatus } from "./status.js";
