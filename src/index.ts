export { fileHost } from "./host.js";
