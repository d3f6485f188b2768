// Pictures of the mock: a drawn head, maps over it, and pages; no photograph of anybody.

export interface Pose {
  view: string;
  role: string;
  fault?: string;
}

const TURN: Record<string, number> = {
  frontal: 0,
  "left-oblique": -26,
  "right-oblique": 26,
  "left-lateral": -44,
  "right-lateral": 44,
};

/** A head of 3040 by 4056 units, drawn smaller. */
export function head({ view, role, fault }: Pose): string {
  const shift = (TURN[view] ?? 0) + (role === "right" ? 4 : role === "left" ? -4 : 0);
  const blur = fault === "focus" ? 9 : 0;
  const light = fault === "uniformity" ? 0.55 : 1;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 1014" width="1520" height="2028">
<defs>
<radialGradient id="s" cx="${48 - shift / 6}%" cy="40%" r="62%"><stop offset="0" stop-color="#d9a988"/><stop offset=".55" stop-color="#c08f70"/><stop offset="1" stop-color="#6d4734"/></radialGradient>
<radialGradient id="c" cx="50%" cy="50%" r="50%"><stop offset="0" stop-color="#c4705c" stop-opacity=".42"/><stop offset="1" stop-color="#c4705c" stop-opacity="0"/></radialGradient>
<linearGradient id="l" x1="0" x2="1"><stop offset="0" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="${1 - light}"/></linearGradient>
<filter id="t" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency=".9" numOctaves="3" seed="4"/><feColorMatrix values="0 0 0 0 .35  0 0 0 0 .2  0 0 0 0 .12  0 0 0 .5 -.12"/><feComposite in2="SourceGraphic" operator="in"/><feBlend in="SourceGraphic" mode="multiply"/></filter>
<filter id="b"><feGaussianBlur stdDeviation="${blur + 1}"/></filter><filter id="bb"><feGaussianBlur stdDeviation="16"/></filter>
</defs>
<rect width="760" height="1014" fill="#3b3f41"/>
<g filter="url(#b)">
<path d="M150 1014q20-130 150-160h160q130 30 150 160z" fill="#2a2e33"/>
<path d="M300 770h160v130q-80 50-160 0z" fill="#8f6249"/>
<path d="M180 430Q150 130 380 120T580 430L560 330Q380 230 200 330z" fill="#2b211c"/>
<g filter="url(#t)"><path d="M196 400C190 210 290 170 380 170S570 210 564 400C562 560 520 690 470 760Q380 850 290 760C240 690 198 560 196 400z" fill="url(#s)"/></g>
<path d="M190 400Q180 250 250 200Q380 130 510 200Q580 250 570 400Q556 270 470 232Q380 205 290 232Q204 270 190 400z" fill="#2b211c"/>
<g transform="translate(${shift * 2.2} 0)">
<ellipse cx="285" cy="560" rx="70" ry="62" fill="url(#c)"/><ellipse cx="475" cy="560" rx="70" ry="62" fill="url(#c)"/>
<path d="M236 408q46-32 100-8M424 400q54-24 100 8" stroke="#33251d" stroke-width="13" fill="none" stroke-linecap="round" opacity=".85"/>
<g fill="#efe6df"><path d="M244 458q42-34 88 2q-44 26-88-2zM428 460q46-36 88-2q-44 28-88 2z"/></g>
<circle cx="289" cy="456" r="17" fill="#4c3524"/><circle cx="471" cy="456" r="17" fill="#4c3524"/><circle cx="289" cy="456" r="7" fill="#0c0a08"/><circle cx="471" cy="456" r="7" fill="#0c0a08"/><circle cx="294" cy="451" r="3.5" fill="#fff"/><circle cx="476" cy="451" r="3.5" fill="#fff"/>
<path d="M240 458q46-40 94 2M426 460q48-42 94-2" stroke="#2a1a12" stroke-width="5" fill="none"/>
<path d="M352 450q-2 70-20 122q-6 26 20 32q28 14 56 0q26-6 20-32q-18-52-20-122z" fill="#a8785b" opacity=".5" filter="url(#bb)"/>
<path d="M338 590q14 20 30 12q12 10 24 0q16 8 30-12" stroke="#6b4331" stroke-width="6" fill="none" stroke-linecap="round"/>
<path d="M306 672q42-28 74-12q32-16 74 12q-36 44-74 42t-74-42z" fill="#a25a50"/><path d="M306 672q74 16 148 0" stroke="#6d332c" stroke-width="4" fill="none"/>
<g fill="#6e4430" opacity=".7"><circle cx="250" cy="600" r="4"/><circle cx="520" cy="622" r="5"/><circle cx="312" cy="540" r="3"/><circle cx="455" cy="520" r="3"/><circle cx="360" cy="330" r="3.5"/></g>
</g></g>
<rect width="760" height="1014" fill="url(#l)"/>
<g transform="translate(20 880)"><rect width="150" height="104" fill="#17191a"/>${Array.from({ length: 24 }, (_, at) => `<rect x="${6 + (at % 6) * 23.5}" y="${6 + Math.floor(at / 6) * 23.5}" width="20" height="20" fill="hsl(${(at * 53) % 360} ${at > 17 ? 0 : 42}% ${at > 17 ? 92 - (at - 18) * 16 : 34 + ((at * 7) % 34)}%)"/>`).join("")}</g>
</svg>`;
}

/** A map over the head: false colours where the face is, nothing elsewhere. */
export function map(hue: number): string {
  const blobs = Array.from({ length: 40 }, (_, at) => {
    const x = 230 + ((at * 137) % 310);
    const y = 260 + ((at * 211) % 470);
    return `<circle cx="${x}" cy="${y}" r="${26 + ((at * 31) % 50)}" fill="hsl(${hue + ((at * 17) % 60)} 85% ${35 + ((at * 13) % 30)}%)" opacity=".8"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 1014" width="1520" height="2028"><defs><clipPath id="f"><path d="M206 400C200 260 290 230 380 230S560 260 554 400C552 560 512 690 465 750Q380 830 295 750C248 690 208 560 206 400z"/></clipPath><filter id="b"><feGaussianBlur stdDeviation="20"/></filter></defs><g clip-path="url(#f)"><rect width="760" height="1014" fill="hsl(${hue} 70% 30%)"/><g filter="url(#b)">${blobs.join("")}</g></g></svg>`;
}

const LINES = [
  ["Skin tone (ITA)", "31.4 ± 2.6 °", "accepted"],
  ["Melanin index", "42.1 ± 1.9", "accepted"],
  ["Erythema index", "28.7 ± 2.2", "amended"],
  ["Line density, forehead", "0.184 ± 0.021 mm/mm²", "accepted"],
];

/** A page of a report. */
export function page(number: number): string {
  const rows = LINES.map(
    ([name, value, verdict], at) =>
      `<g transform="translate(60 ${520 + at * 34})"><path d="M0 10H674" stroke="#ccc"/><text font-weight="500">${name}</text><text x="330" font-family="monospace">${value}</text><text x="590" fill="#444">${verdict}</text></g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 794 1123" width="1191" height="1684" font-family="IBM Plex Sans, sans-serif" font-size="13"><rect width="794" height="1123" fill="#fff"/><text x="60" y="80" font-size="22" font-weight="600">Facial imaging report</text><text x="60" y="104" fill="#444">Harbour Street Clinic · R-1F2E-3D4C-5B6A · page ${number} of 2</text><path d="M60 120H734" stroke="#0d5257" stroke-width="2"/>${
    number === 1
      ? `<svg x="60" y="145" width="220" height="294" viewBox="0 0 760 1014"><rect width="760" height="1014" fill="#8a8f90"/><ellipse cx="380" cy="480" rx="190" ry="310" fill="#c79a7d"/></svg><text x="310" y="165" font-weight="600">What the practitioner concluded</text><text x="310" y="190">Measured tone and redness are stable against the</text><text x="310" y="210">session of 3 September. Review in three months.</text><text x="310" y="250" font-weight="600">What was not measured</text><text x="310" y="275">Volume change: stereo completeness 71 % is below 85 %.</text><text x="60" y="480" font-weight="600" font-size="15">What was measured</text>${rows.join("")}`
      : `<text x="60" y="170" font-weight="600" font-size="15">Capture conditions, calibration and versions</text>${Array.from({ length: 18 }, (_, at) => `<rect x="60" y="${195 + at * 30}" width="${300 + ((at * 97) % 370)}" height="9" fill="#dfe3e1"/>`).join("")}`
  }<text x="60" y="1070" fill="#666" font-size="10">Decision support. Not a diagnosis. Verification code K7QD-3M2X-PZ5A-W4TB</text></svg>`;
}
