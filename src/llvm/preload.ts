import koffi from "koffi";

const lazy = 1;

/**
 * Has the dynamic linker load libLLVM on another thread, while the front end works on this one: relocating a library of
 * 126 MB takes longer than compiling a small script. What it has loaded, `libllvm()` gets at once; when it fails,
 * `libllvm()` will say so.
 */
export function preloadLlvm(): void {
  const path = process.env["XDPL_LLVM"] || "libLLVM.so.19.1";
  try {
    const dlopen = koffi.load(null).func("void *dlopen(const char *path, int flags)");
    dlopen.async(path, lazy, () => {});
  } catch {
    // No dlopen in this C library: it is loaded when it is needed.
  }
}
