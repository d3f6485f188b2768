// The bar above every screen.
import { Menu, Modal, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Glyph } from "../parts/Glyph";
import { PasswordForm } from "../parts/PasswordForm";
import { words } from "../words";
import styles from "./Header.module.css";
import { useLeave } from "./leave";
import { useMe } from "./me";
import { StatusLine } from "./StatusLine";

const PLACES = [
  { to: "/", name: "Worklist", permission: "worklist.read", exact: true },
  { to: "/subjects", name: "Subjects", permission: "subjects.read" },
  { to: "/devices", name: "Stations", permission: "devices.read" },
  { to: "/models", name: "Models", permission: "models.read" },
  { to: "/studies", name: "Studies", permission: "studies.read" },
  { to: "/people", name: "People", permission: "practitioners.read" },
  { to: "/audit-trail", name: "Audit trail", permission: "audit.read" },
  { to: "/record", name: "Record", permission: "ledger.read" },
] as const;

export function Header() {
  const me = useMe();
  const places = PLACES.filter(({ permission }) => me.permissions.includes(permission));
  return (
    <header className={styles.header}>
      <div className={styles.bar}>
        <Link to="/" className={styles.wordmark} aria-label="vultus, to the worklist">
          <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
            <circle cx="10" cy="10" r="6" fill="none" stroke="currentColor" strokeWidth="1.6" />
            <path d="M10 0v5.5M10 14.5V20M0 10h5.5M14.5 10H20" stroke="currentColor" strokeWidth="1.6" />
          </svg>
          vultus
        </Link>
        <nav className={styles.places} aria-label="Main">
          {places.map((place) => (
            <Link
              key={place.to}
              to={place.to}
              className={styles.place}
              activeOptions={{ exact: "exact" in place }}
              activeProps={{ "aria-current": "page" }}
            >
              {place.name}
            </Link>
          ))}
        </nav>
        <WhoAmI />
      </div>
      <StatusLine />
    </header>
  );
}

function WhoAmI() {
  const me = useMe();
  const leave = useLeave();
  const [choosing, setChoosing] = useState(false);
  const close = () => setChoosing(false);
  return (
    <>
      <Modal opened={choosing} onClose={close} title="Change your password">
        <PasswordForm currentLabel="Current password" cancel="Cancel" onDone={close} onCancel={close} />
      </Modal>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <UnstyledButton className={styles.who}>
            <span className={styles.name}>{me.display_name}</span>
            <span className={styles.roles}>{me.roles.map(words).join(", ")}</span>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Signed in to {me.clinic.name}</Menu.Label>
          <Menu.Item component="a" href="/docs" leftSection={<Glyph name="chain" />}>
            Programming interface
          </Menu.Item>
          <Menu.Item leftSection={<Glyph name="pen" />} onClick={() => setChoosing(true)}>
            Change your password
          </Menu.Item>
          <Menu.Item leftSection={<Glyph name="lock" />} onClick={() => leave.mutate(undefined)}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
