// Choosing a role by what it lets somebody do.
import { Select } from "@mantine/core";
import type { Role } from "../../api/types";
import { words } from "../../words";
import { ROLES } from "./access";

interface Props {
  label: string;
  description?: string;
  placeholder: string;
  held: readonly string[];
  value: Role | null;
  onChange: (role: Role | null) => void;
}

export function RoleSelect({ label, description, placeholder, held, value, onChange }: Props) {
  const offered = ROLES.filter(([role]) => !held.includes(role));
  const does = new Map<string, string>(ROLES);
  return (
    <Select
      label={label}
      description={description}
      placeholder={placeholder}
      data={offered.map(([role]) => ({ value: role, label: words(role) }))}
      value={value}
      onChange={(chosen) => onChange(chosen as Role | null)}
      renderOption={({ option }) => (
        <span>
          {option.label}
          <br />
          <span className="quiet">{does.get(option.value)}</span>
        </span>
      )}
    />
  );
}
