/**
 * Packet checks whose answer LLVM asks for again. In place of a value that says which layer was found it may ask once more
 * whether the packet is long enough, with registers that were saved in between: the kernel, which knows for those that
 * were compared what came of it and not for their copies, takes the other edge as well and finds the null of a layer that
 * was not there ("R1 invalid mem access 'scalar'").
 */
import type { Libllvm, Ref } from "./library.js";

/** `LLVMIntPredicate` from `ugt` to `ule`. */
const [firstUnsigned, lastUnsigned] = [34, 37];
/** `LLVMTypeKind`. */
const pointerType = 12;

/** Whether a comparison of two pointers has more than the one branch that it was made for, in the module after its passes. */
export function repeatsPacketCheck(llvm: Libllvm, module: Ref): boolean {
  for (let fn = llvm.GetFirstFunction(module); fn !== null; fn = llvm.GetNextFunction(fn))
    for (let block = llvm.GetFirstBasicBlock(fn); block !== null; block = llvm.GetNextBasicBlock(block))
      if (endsInRepeated(llvm, block)) return true;
  return false;
}

function endsInRepeated(llvm: Libllvm, block: Ref): boolean {
  const last = llvm.GetBasicBlockTerminator(block);
  if (last === null || llvm.GetNumSuccessors(last) !== 2 || llvm.IsABranchInst(last) === null) return false;
  const compare = llvm.IsAICmpInst(llvm.GetCondition(last));
  if (compare === null) return false;
  const predicate = llvm.GetICmpPredicate(compare);
  if (predicate < firstUnsigned || predicate > lastUnsigned) return false;
  if (llvm.GetTypeKind(llvm.TypeOf(llvm.GetOperand(compare, 0))) !== pointerType) return false;
  const use = llvm.GetFirstUse(compare);
  return use !== null && llvm.GetNextUse(use) !== null;
}
