// What a person does to choose a file: a dialog's hidden input is told of it.
import { fireEvent } from "@testing-library/react";

export function choose(name: string, file: File): void {
  const input = document.querySelector(`input[type=file][name=${name}]`);
  if (input === null) throw new Error(`no file is asked for under ${name}`);
  fireEvent.change(input, { target: { files: [file] } });
}
