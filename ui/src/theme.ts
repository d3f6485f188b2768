// The look of the instrument: quiet greys, one petrol accent, signal colours that always carry a sign.
import {
  Badge,
  Button,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  Modal,
  NumberInput,
  PasswordInput,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
} from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#e8f3f3",
  "#d2e6e5",
  "#a5cdcb",
  "#76b3b0",
  "#4b9a97",
  "#2b8280",
  "#176c6c",
  "#105c5e",
  "#0d5257",
  "#0a3f44",
];

const red: MantineColorsTuple = [
  "#fcefed",
  "#fae0dc",
  "#f2bdb5",
  "#e5968a",
  "#d66f61",
  "#c64f40",
  "#b5392a",
  "#aa2c20",
  "#9f2219",
  "#851b14",
];

/** Greys of the component library, dark enough to be read. */
export const colourVariables: CSSVariablesResolver = () => ({
  variables: {},
  dark: {},
  light: {
    "--mantine-color-dimmed": "#586562",
    "--mantine-color-placeholder": "#66726e",
    "--mantine-color-default-border": "#84918c",
    "--mantine-color-error": "#9f2219",
    "--mantine-color-text": "#13211f",
  },
});

const field = { styles: { label: { fontWeight: 500, marginBottom: 3 } } };

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: 8,
  colors: { petrol, red },
  fontFamily: '"Plex Sans", system-ui, sans-serif',
  fontFamilyMonospace: '"Plex Mono", ui-monospace, monospace',
  defaultRadius: 3,
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: { fontWeight: "600", fontFamily: '"Plex Sans", system-ui, sans-serif' },
  cursorType: "pointer",
  components: {
    Button: Button.extend({
      defaultProps: { size: "sm" },
      styles: { root: { fontWeight: 500 } },
    }),
    TextInput: TextInput.extend(field),
    PasswordInput: PasswordInput.extend(field),
    NumberInput: NumberInput.extend(field),
    Textarea: Textarea.extend(field),
    Select: Select.extend({ ...field, defaultProps: { allowDeselect: false } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: "xs" } }),
    Badge: Badge.extend({ defaultProps: { radius: 2 } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45, color: "#0c1a1d" },
        transitionProps: { duration: 120 },
      },
      styles: { title: { fontSize: "1.0625rem", fontWeight: 600 } },
    }),
  },
});
