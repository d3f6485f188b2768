// The end of a list that goes on: asks for the next page where one is.
import { Button } from "@mantine/core";
import styles from "./More.module.css";

interface Props {
  pages: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => unknown;
  };
  shown: number;
  what: string;
}

export function More({ pages, shown, what }: Props) {
  if (!pages.hasNextPage) return null;
  return (
    <div className={styles.more}>
      <Button
        size="compact-sm"
        variant="default"
        loading={pages.isFetchingNextPage}
        onClick={() => void pages.fetchNextPage()}
      >
        Show more
      </Button>
      <span className="quiet" role="status">
        {shown.toLocaleString("en-AU")} {what} shown, there are more
      </span>
    </div>
  );
}
